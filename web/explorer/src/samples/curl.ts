// curl, with the signature made by openssl.
import { curl as code } from '@muster/ui/samples';
import { type Language, written } from './call.ts';

export const curl: Language = {
  id: 'curl',
  name: 'curl',
  sample: (call) => ({ code: code(written(call)), means: 'plain', install: '' }),
};
