/** How many threads WebAssembly may use: they need shared memory, which a page has that is cross-origin isolated. */
export const threadCount = (): number => (self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1);
