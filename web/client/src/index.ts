/** The browser client: `ImEngine` and what belongs to it. */

export { EventEmitter } from './emitter.ts';
export { ImEngine, type ImSdkListener } from './engine.ts';
export { IMError, ImErrors } from './errors.ts';
export { AliVCIMGroupManager, type ImGroupListener } from './groups.ts';
export { AliVCIMMessageManager, type ImMessageListener } from './messages.ts';
export * from './types.ts';
