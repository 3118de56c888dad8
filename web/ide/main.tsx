import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './ide.css';

import { createRoot } from 'react-dom/client';

import { Ide } from './ide.js';

const root = document.getElementById('root');
if (root) createRoot(root).render(<Ide />);
