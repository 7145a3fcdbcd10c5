/** The script that stands in for the cloud's `alivc-im.iife.js`: it defines `window.AliVCInteraction`, at once. */

import { EventEmitter } from './emitter.ts';
import { ImEngine } from './engine.ts';
import { ImErrors } from './errors.ts';
import { AliVCIMGroupManager } from './groups.ts';
import { AliVCIMMessageManager } from './messages.ts';
import { ImLogLevel, ImMessageLevel, ImSortType } from './types.ts';

Object.assign(globalThis, {
  AliVCInteraction: {
    ImEngine,
    ImLogLevel,
    ImMessageLevel,
    ImSortType,
    ImErrors,
    AliVCIMGroupManager,
    AliVCIMMessageManager,
    EventEmitter,
  },
});
