/** What only a daemon cannot do without: its secrets may be credentials, which systemd shows to the daemon and to nobody else. */
import { isLoopback } from "../../telemetry/api/guard.ts";
import type { Origins, Problem } from "./problem.ts";
import type { Config } from "./schema.ts";

/**
 * Secrets that a daemon would need and this process has not. No reason to refuse the configuration: the `off` that runs after a daemon sees no
 * credential, nor does a backup, nor a person at the keyboard.
 */
export function missingSecrets({ api, mqtt }: Config, origins: Origins): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, says: string, hint: string) => problems.push({ key, from: origins.valueAt(key.split(".")), says, hint });
  if (!isLoopback(api.host) && api.viewTokenFile === null && api.operateTokenFile === null) {
    const hint = "set api.viewTokenFile or api.operateTokenFile, give a credential, or listen at 127.0.0.1";
    wrong("api.host", "api.host can be reached from elsewhere, and no token is asked of anyone", hint);
  }
  if (mqtt.certFile !== null && mqtt.keyFile === null) wrong("mqtt.certFile", "mqtt.certFile needs mqtt.keyFile", "they belong together");
  return problems;
}
