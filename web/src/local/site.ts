// What `iog web` writes into the page: where the site's large files are. Addresses are relative to the page.

export interface Site {
  version: string;
  model: { encoder: string; decoder: string; calibration: string | null };
  /** ONNX Runtime's WebAssembly, compressed with gzip: not every host does that. */
  runtime: string;
  samples: string[];
  /** Bytes of model and runtime as they are transferred. */
  bytes: number;
}

/** Told how many bytes of how many are there. */
export type Progress = (loaded: number, total: number) => void;

/** The name of the cache that the page and its service worker share; other sites may be on the same host. */
export const cacheName = (version: string) => `${cachePrefix()}${version}`;

export const cachePrefix = () => `iog ${new URL("./", location.href).pathname} `;
