/**
 * What later browsers call `globalThis`, for scripts that run in older ones. The build puts it in its place as an import:
 * a bare `self` would be taken for the variable of that name which libraries like to declare.
 */
export const globalObject = self;
