// Writes files that a plain page can load, with the model: node bundle.mjs FOLDER [MODEL.encoder.onnx]
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const bundled = path.join(here, "..", "..", "..", "src", "iog", "zoo", "lite.encoder.onnx");
const [folder = path.join(here, "dist", "site"), encoder = bundled] = process.argv.slice(2);

await mkdir(folder, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { "iog-web": "src/index.ts", "iog-worker": "src/worker.ts", "iog-element": "src/element.ts" },
  outdir: folder,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  // ONNX Runtime's files stay beside the Worker, as they are.
  conditions: ["onnxruntime-web-use-extern-wasm"],
});
const runtime = path.dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
const names = ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
await Promise.all(names.map((name) => copyFile(path.join(runtime, name), path.join(folder, name))));
for (const ending of ["encoder.onnx", "decoder.onnx", "calibration.json"]) {
  const from = encoder.replace(/encoder\.onnx$/, ending);
  await copyFile(from, path.join(folder, `lite.${ending}`));
}
