/** The client of first-generation applications. */

export { InteractionEngine } from './engine.ts';
export * from './types.ts';
