// Owns a data folder until it is killed; says when it does.
import { registerHooks } from 'node:module';

// The sources name each other as they will be called once they are built.
registerHooks({
  resolve: (specifier, context, next) =>
    next(isOurs(specifier, context) ? specifier.replace(/\.js$/, '.ts') : specifier, context),
});

const isOurs = (specifier, { parentURL = '' }) => specifier.startsWith('.') && !parentURL.includes('/node_modules/');

const { startEmbedded } = await import('./embedded.ts');
await startEmbedded(process.argv[2]);
process.send('started');
setInterval(() => {}, 1000);
