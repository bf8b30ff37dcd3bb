// npm start: the demo on a digital twin, or `npm start -- --config FILE` on real ports.
const args = process.argv.slice(2);
const command = args.some((arg) => arg === "--config" || arg.startsWith("--config=")) ? "run" : "demo";
process.argv.splice(2, args.length, command, ...args);
await import("./launch.mjs");
