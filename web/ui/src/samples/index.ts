// Calls as code, for the console and the explorer alike.
export { curl } from './curl.ts';
export { PYTHON_RUNTIME, python, pythonClient, pythonPrint } from './python.ts';
export { signed } from './signed.ts';
export * from './text.ts';
export { bodyType, type Endpoint, encoded, type Format, type WrittenCall } from './written.ts';
