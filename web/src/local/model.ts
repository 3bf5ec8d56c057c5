// The model and the WebAssembly that runs it: fetched once, then from the browser's cache, also without a network.

import * as ort from "onnxruntime-web/wasm";

import { Segmenter } from "../../packages/iog-web/src/segmenter";
import { threadCount } from "../../packages/iog-web/src/threads";
import { Refusal } from "../backend";
import { type Progress, type Site, cacheName } from "./site";

/** What is not in the cache is fetched at once; all else is done after `before`. */
export async function openModel(site: Site, progress: Progress, before: Promise<void>): Promise<Segmenter> {
  const { encoder, decoder, calibration } = site.model;
  let loaded = 0;
  const take = (bytes: number) => progress(Math.min((loaded += bytes), site.bytes - 1), site.bytes);
  const kept: Promise<void>[] = [];
  const content = async (address: string) => read(await cached(site, address, kept, before), take);
  const [runtime, first, second, curves] = await Promise.all([
    content(site.runtime), content(encoder), content(decoder), calibration === null ? null : content(calibration),
  ]);
  // All is there once the cache has it too: only then may the service worker look for what is missing.
  void Promise.all(kept).then(() => progress(site.bytes, site.bytes));
  ort.env.wasm.wasmBinary = await unpacked(runtime);
  ort.env.wasm.numThreads = threadCount();
  const files = { encoder: first, decoder: second, ...(curves && { calibration: new TextDecoder().decode(curves) }) };
  await before;
  return Segmenter.load(files, { runtime: ort });
}

async function cached(site: Site, address: string, kept: Promise<void>[], before: Promise<void>): Promise<Response> {
  // A page that is not secure has no cache of its own.
  const cache = "caches" in self ? await caches.open(cacheName(site.version)).catch(() => null) : null;
  const known = await cache?.match(address);
  if (known) {
    await before;
    return known;
  }
  const response = await fetch(address).catch((error: Error) => {
    throw new Refusal(`the model cannot be loaded (${error.message}); go online once, then reload`);
  });
  if (!response.ok) throw new Refusal(`${address} cannot be loaded: the server answers ${response.status}`);
  if (cache) kept.push(cache.put(address, response.clone()).catch(() => undefined)); // no room: then again the next time
  return response;
}

async function read(response: Response, take: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const reader = response.body!.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    take(value.length);
  }
}

/** As it is, if the host unpacked it on the way. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
