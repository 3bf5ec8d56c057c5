// The service worker: after the first visit the page works without a network. It also makes the page cross-origin isolated where
// the host does not, so that WebAssembly may use threads from the second visit on.

import { cacheName, cachePrefix } from "./site";

interface Extendable {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
const worker = self as unknown as {
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  clients: { claim(): Promise<void> };
};

/** What `iog web` puts in front of this script. */
declare const OFFLINE: { version: string; files: string[] };

const name = cacheName(OFFLINE.version);

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(location.origin)) event.respondWith(answer(event.request));
});

/** Everything that is not there yet: what the page has loaded already it put into the same cache. */
async function install(): Promise<void> {
  const cache = await caches.open(name);
  for (const file of OFFLINE.files) {
    const address = new URL(file, location.href).href;
    if (await cache.match(address)) continue;
    // Large files have a hash in their address: an older version's are good.
    const known = file.includes("?") ? await caches.match(address) : undefined;
    if (known) await cache.put(address, known);
    else await cache.add(new Request(address, { cache: file.includes("?") ? "default" : "no-cache" }));
  }
}

async function activate(): Promise<void> {
  for (const other of await caches.keys()) if (other.startsWith(cachePrefix()) && other !== name) await caches.delete(other);
  await worker.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(name);
  const known = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
  return isolated(known ?? (await fetch(request)));
}

function isolated(response: Response): Response {
  if (response.type === "opaque" || response.status === 0 || response.redirected) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}
