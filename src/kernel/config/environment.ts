import type { Environment } from './config.js';

/** The process's variables, filled up from a `.env` file in the working directory. What the shell has set wins. */
export function environment(): Environment {
  try {
    process.loadEnvFile();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return process.env;
}
