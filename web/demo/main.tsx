import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app.js';
import './tokens.css';
import './controls.css';
import './pane.css';
import './people.css';
import './panels.css';
import './conversation.css';
import './page.css';

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
