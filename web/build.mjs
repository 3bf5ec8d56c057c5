// Bundles the page into the Python package. With --check: fails unless the committed bundle is this build's.
import { build } from "esbuild";
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const page = path.join(here, "..", "src", "iog", "annotator", "page");
const bundled = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", style: "src/style.css" },
  outdir: page,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  write: false,
});
const files = new Map(bundled.outputFiles.map((file) => [path.basename(file.path), Buffer.from(file.contents)]));
for (const name of ["index.html", "icon.svg"]) {
  files.set(name, await readFile(path.join(here, "src", name)));
}

if (process.argv.includes("--check")) {
  const stale = [];
  for (const [name, content] of files) {
    const committed = await readFile(path.join(page, name)).catch(() => null);
    if (committed === null || !committed.equals(content)) stale.push(name);
  }
  if (stale.length > 0) {
    console.error(`src/iog/annotator/page is not what web/ builds (${stale.join(", ")}); run: make web`);
    process.exit(1);
  }
  console.log("the committed page is the source's build");
} else {
  await mkdir(page, { recursive: true });
  for (const [name, content] of files) {
    await writeFile(path.join(page, name), content);
    console.log(`${name}  ${(content.length / 1024).toFixed(1)} kB`);
  }
}
