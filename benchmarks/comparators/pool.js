// nodemailer's pool: one message built for every person, as many connections as asked for, kept open.
// Runs in a folder of its own, in which only nodemailer is installed.
"use strict";
const fs = require("fs");
const path = require("path");
const nodemailer = require(path.join(process.argv[3], "node_modules", "nodemailer"));

const asked = JSON.parse(process.argv[2]);
const html = fs.readFileSync(path.join(asked.folder, "issue.html"), "utf8");
const text = fs.readFileSync(path.join(asked.folder, "issue.txt"), "utf8");
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: asked.port,
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: asked.connections,
  maxMessages: Infinity,
  name: "bench.example.org",
});

function message(number) {
  const token = String(number).padStart(32, "0");
  return {
    from: "The Daily Lantern <roundup@lantern.example.org>",
    to: `Reader Number ${number} <reader${number}@example.com>`,
    envelope: { from: `bounces+${number}@lantern.example.org`, to: `reader${number}@example.com` },
    subject: "The bridge that two towns built",
    headers: { "List-Unsubscribe": `<https://roundup.lantern.example.org/u/${token}>` },
    text: text.replaceAll("TOKEN", token),
    html: html.replaceAll("TOKEN", token),
  };
}

async function main() {
  const began = process.hrtime.bigint();
  const before = process.cpuUsage();
  let next = 0;
  const share = async () => {
    while (next < asked.messages) await transport.sendMail(message(next++));
  };
  // Twice as many at work as there are connections, so that none of these waits for a message to be built.
  await Promise.all(Array.from({ length: 2 * asked.connections }, share));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const used = process.cpuUsage(before);
  transport.close();
  console.log(JSON.stringify({ messages: asked.messages, seconds, cpu: (used.user + used.system) / 1e6 }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
