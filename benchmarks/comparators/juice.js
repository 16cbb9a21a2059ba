// What juice takes to inline a document: CPU seconds of the first call and the median of the next eight, as JSON.
// Usage: node juice.js FOLDER FILE     FOLDER holds node_modules
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const [folder, file] = process.argv.slice(2);
const juice = createRequire(`${folder}/`)("juice");
const text = readFileSync(file, "utf8");

const took = [];
for (let call = 0; call < 9; call += 1) {
  const before = process.cpuUsage();
  juice(text);
  const used = process.cpuUsage(before);
  took.push((used.user + used.system) / 1e6);
}
const [first, ...later] = took;
console.log(JSON.stringify({ first, warm: later.sort((one, other) => one - other)[4] }));
