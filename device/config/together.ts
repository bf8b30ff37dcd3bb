/** What no single key can know. */
import type { Origins, Problem } from "./problem.ts";
import type { Config } from "./schema.ts";

export function togetherProblems(config: Config, origins: Origins): Problem[] {
  const { board, mqtt, narma10, computes } = config;
  const problems: Problem[] = [];
  const wrong = (key: string, says: string, hint: string) => problems.push({ key, from: origins.valueAt(key.split(".")), says, hint });
  if (config.origin === "hardware" && board.workScale !== 0)
    wrong("board.workScale", "board.workScale must be 0 when origin is hardware", "a real chip leaves no zero bits out");
  if (board.control === board.data) wrong("board.control", "board.control and board.data name the same port", "the bridge has two");
  if (board.kind === "s9-hashboard" && (board.control === undefined) === (board.i2c === undefined)) {
    wrong("board", "an s9-hashboard needs either board.control or board.i2c", "a bridge, or this host's own bus with board.reset");
  }
  if (board.kind === "s9-hashboard" && board.i2c !== undefined && board.reset === undefined)
    wrong("board.i2c", "board.i2c needs board.reset", "without it nobody can hold the chips in reset");
  // The study takes the task's voltages where it has none of its own: one problem, said once.
  const [name, { driveMinMv, driveMaxMv }] = narma10.driveMinMv >= narma10.driveMaxMv ? ["narma10", narma10] : ["computes", computes];
  if (driveMinMv >= driveMaxMv)
    wrong(`${name}.driveMinMv`, `${name}.driveMinMv must be below ${name}.driveMaxMv`, `they are ${driveMinMv} and ${driveMaxMv} mV`);
  // A credential may be there for another service's sake.
  const passwordAsked = mqtt.passwordFile !== null && origins.valueAt(["mqtt", "passwordFile"]).kind !== "credential";
  if (mqtt.url === null && (mqtt.username !== null || passwordAsked)) {
    const key = mqtt.username !== null ? "mqtt.username" : "mqtt.passwordFile";
    wrong(key, `${key} is of no use without mqtt.url`, "the embedded broker asks nobody for a name");
  }
  if (mqtt.passwordFile !== null && mqtt.username === null && mqtt.url !== null)
    wrong("mqtt.passwordFile", "mqtt.passwordFile needs mqtt.username", "MQTT 3.1.1 has no password without a name");
  if (mqtt.commands === "operate" && mqtt.url === null)
    wrong("mqtt.commands", "mqtt.commands cannot be operate without mqtt.url", "the embedded broker asks nobody for a name");
  const { url, caFile, certFile } = mqtt;
  const keyAsked = mqtt.keyFile !== null && origins.valueAt(["mqtt", "keyFile"]).kind !== "credential";
  const tlsKey = caFile !== null ? "mqtt.caFile" : certFile !== null ? "mqtt.certFile" : keyAsked ? "mqtt.keyFile" : null;
  if (tlsKey !== null && !/^(mqtts|ssl|wss):/.test(url ?? ""))
    wrong(tlsKey, `${tlsKey} is of no use without an mqtts or wss address in mqtt.url`, "nothing is encrypted there");
  else if (certFile === null && keyAsked) wrong("mqtt.keyFile", "mqtt.keyFile needs mqtt.certFile", "they belong together");
  return problems;
}
