import { join } from 'node:path';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: join(import.meta.dirname, 'ide'),
  base: '/graphql-ide/',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    outDir: join(import.meta.dirname, 'dist/ide'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // An editor is what it is; it is loaded from this machine.
    chunkSizeWarningLimit: 10_000,
    reportCompressedSize: false,
  },
});
