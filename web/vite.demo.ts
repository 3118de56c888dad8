import { join } from 'node:path';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const client = join(import.meta.dirname, '../client/src');

export default defineConfig({
  root: join(import.meta.dirname, 'demo'),
  base: '/demo/',
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^@lamplight\/client\/react$/, replacement: join(client, 'react/index.ts') },
      { find: /^@lamplight\/client$/, replacement: join(client, 'index.ts') },
    ],
  },
  build: {
    outDir: join(import.meta.dirname, 'dist/demo'),
    emptyOutDir: true,
    // The page's rules for content allow no data: addresses for scripts and fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
