// Bundles the page into the Python package, for the server and for a static site. With --check: fails unless the committed
// bundles are this build's.
import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const package_ = path.join(here, "..", "src", "iog");
const page = path.join(package_, "annotator", "page");
const site = path.join(package_, "site", "files");

// The library asks for all of ONNX Runtime where nobody names a build; here one does.
const small = {
  name: "small",
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^onnxruntime-web$/ }, ({ importer: _, path, ...rest }) => resolve(`${path}/wasm`, rest)),
};
const files = new Map();
await bundle(page, { app: "src/main.ts", style: "src/style.css" });
for (const name of ["index.html", "icon.svg"]) files.set(path.join(page, name), await readFile(path.join(here, "src", name)));
// The same page with the browser itself as its backend.
await bundle(
  site,
  { app: "src/main.ts", worker: "src/local/worker.ts", offline: "src/local/offline.ts" },
  // ONNX Runtime's files stay beside the Worker, as they are.
  ["local", "onnxruntime-web-use-extern-wasm"],
);
const runtime = path.dirname(createRequire(path.join(here, "packages", "iog-web", "package.json")).resolve("onnxruntime-web"));
const glue = "ort-wasm-simd-threaded.mjs";
files.set(path.join(site, glue), await readFile(path.join(runtime, glue)));
const wasm = await readFile(path.join(runtime, "ort-wasm-simd-threaded.wasm"));
const packed = path.join(site, "ort-wasm-simd-threaded.wasm.gz");
const before = await readFile(packed).catch(() => null);
// Other versions of zlib pack the same otherwise: what is there stays if it is the same within.
files.set(packed, before && gunzipSync(before).equals(wasm) ? before : gzipSync(wasm, { level: 9 }));

if (process.argv.includes("--check")) {
  const stale = [];
  for (const [name, content] of files) {
    const committed = await readFile(name).catch(() => null);
    if (committed === null || !committed.equals(content)) stale.push(path.relative(package_, name));
  }
  if (stale.length > 0) {
    console.error(`src/iog is not what web/ builds (${stale.join(", ")}); run: make web`);
    process.exit(1);
  }
  console.log("the committed page is the source's build");
} else {
  for (const [name, content] of files) {
    await mkdir(path.dirname(name), { recursive: true });
    await writeFile(name, content);
    console.log(`${path.relative(package_, name)}  ${(content.length / 1024).toFixed(1)} kB`);
  }
}

async function bundle(outdir, entryPoints, conditions = []) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints,
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    conditions,
    plugins: [small],
    write: false,
  });
  for (const file of outputFiles) files.set(file.path, Buffer.from(file.contents));
}
