// Kubernetes manifests (JSON, one document a line on stdin) against the schemas of the API: node validate.js FOLDER
// where FOLDER/node_modules has kubernetes-models.
const path = require("path");
const at = process.argv[2];
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
for (const line of lines) {
  const one = JSON.parse(line);
  const Model = require(path.join(path.resolve(at), "node_modules", "kubernetes-models", one.apiVersion, one.kind))[one.kind];
  new Model(one).validate();
  console.log(`${one.kind} ${one.metadata.name}: ok`);
}
