/**
 * Home Assistant finds the rig by one retained message (device-based MQTT discovery, Home Assistant 2024.11 and later); an empty one makes it
 * forget the rig. Every entity has the origin of its numbers among its attributes, and a device that is not hardware has it in its name.
 */
import { DEVICE_STATES, type Snapshot } from "../messages.ts";
import type { TopicName } from "./catalogue.ts";
import { type Message, versionOf } from "./topics.ts";

export interface HomeAssistant {
  /** `remove`: makes Home Assistant forget what it was told before. */
  readonly mode: "on" | "remove";
  /** Home Assistant's own setting, `homeassistant` unless changed there. */
  readonly prefix: string;
}

/** Readings come every second; without them for so long, Home Assistant shows them as unavailable. */
const EXPIRE_AFTER_S = 30;
/** Until a command of a button is refused as too old; a person presses it now. */
const PRESS_LASTS_S = 30;

interface Sensor {
  readonly topic: TopicName;
  readonly field: string;
  readonly name: string;
  readonly unit?: string;
  readonly deviceClass?: string;
  readonly stateClass?: "measurement" | "total_increasing";
  readonly isDiagnostic?: true;
}

const measured = (field: string, name: string, unit: string, deviceClass?: string, isDiagnostic?: true): Sensor => ({
  ...{ topic: "readings", field, name, unit, stateClass: "measurement" },
  ...(deviceClass === undefined ? {} : { deviceClass }),
  ...(isDiagnostic === undefined ? {} : { isDiagnostic }),
});
const counted = (status: string, name: string): Sensor => ({ topic: "totals", field: status, name, stateClass: "total_increasing" });

const SENSORS: readonly Sensor[] = [
  measured("hashRateGhs", "Hash rate", "GH/s"),
  measured("expectedGhs", "Expected hash rate", "GH/s", undefined, true),
  measured("powerW", "Power", "W", "power"),
  measured("coreVoltageMv", "Core voltage", "mV", "voltage"),
  measured("inputVoltageMv", "Input voltage", "mV", "voltage", true),
  measured("inputCurrentMa", "Input current", "mA", "current", true),
  measured("chipTempC", "Chip temperature", "°C", "temperature"),
  measured("boardTempC", "Board temperature", "°C", "temperature", true),
  measured("regulatorTempC", "Regulator temperature", "°C", "temperature", true),
  measured("fanRpm", "Fan speed", "rpm"),
  measured("fanPercent", "Fan setting", "%", undefined, true),
  counted("valid", "Valid nonces"),
  counted("invalid", "Invalid nonces"),
  { topic: "setpoint", field: "frequencyMhz", name: "Core clock", unit: "MHz", deviceClass: "frequency", stateClass: "measurement" },
];

type Component = Readonly<Record<string, unknown>>;

/** `id` is unique among all rigs of a broker: from base and rig. */
export function deviceId(root: string): string {
  return root.replace(/[^A-Za-z0-9_-]+/g, "_");
}

export function discoveryTopic({ prefix }: HomeAssistant, root: string): string {
  return `${prefix}/device/${deviceId(root)}/config`;
}

/** What Home Assistant is told of the rig; empty with mode `remove`. `withButtons`: commands are enabled. */
export function discoveryMessage(settings: HomeAssistant, root: string, snapshot: Snapshot, withButtons: boolean): Message {
  const payload = settings.mode === "remove" ? "" : JSON.stringify(discovery(root, snapshot, withButtons));
  return { topic: discoveryTopic(settings, root), isAbsolute: true, payload, qos: 1, retain: true };
}

function discovery(root: string, { rig, origin, software, board }: Snapshot, withButtons: boolean) {
  const id = deviceId(root);
  const version = versionOf(software);
  const components: Record<string, Component> = {};
  const add = (key: string, platform: string, topic: TopicName | null, rest: Component) => {
    components[key] = {
      platform,
      unique_id: `${id}_${key}`,
      ...(topic === null ? {} : { state_topic: `${root}/${topic}`, ...originAttribute(root, topic) }),
      ...rest,
    };
  };
  for (const sensor of SENSORS) add(keyOf(sensor), "sensor", sensor.topic, sensorOf(sensor));
  add("state", "sensor", "state", {
    ...{ name: "State", device_class: "enum", options: DEVICE_STATES, value_template: "{{ value_json.state }}" },
  });
  add("state_reason", "sensor", "state", {
    ...{ name: "Reason", entity_category: "diagnostic", value_template: "{{ value_json.stateReason[:255] }}" },
  });
  add("running", "binary_sensor", "state", { name: "Running", device_class: "running", value_template: onWhen("state == 'running'") });
  add("fault", "binary_sensor", "state", { name: "Fault", device_class: "problem", value_template: onWhen("state == 'fault'") });
  add("unsafe", "binary_sensor", "safety", { name: "Safety", device_class: "safety", value_template: onWhen("action != 'none'") });
  // Nobody here looks for newer versions: what is installed is all that is said.
  add("update", "update", "software", {
    ...{ name: "Software", title: "asic-reservoir", entity_category: "diagnostic" },
    value_template: "{{ {'installed_version': value_json.version} | to_json }}",
  });
  if (withButtons) {
    add("emergency_off", "button", null, { name: "Emergency off", icon: "mdi:power", ...press(root, "emergency-off") });
    add("stop_plan", "button", null, { name: "Stop plan", icon: "mdi:stop", ...press(root, "stop-plan") });
  }
  return {
    device: {
      identifiers: [id],
      name: origin === "hardware" ? rig : `${rig} (${origin})`,
      ...(board === null ? {} : { model: board.model }),
      sw_version: version,
    },
    origin: { name: "asic-reservoir", sw_version: version },
    availability: [{ topic: `${root}/availability` }],
    qos: 0,
    components,
  };
}

const keyOf = ({ topic, field }: Sensor) => `${topic}_${field}`;
/** A name with a dash is no attribute in a template. */
const fieldOf = (field: string) => `value_json['${field}']`;

function sensorOf({ topic, field, name, unit, deviceClass, stateClass, isDiagnostic }: Sensor): Component {
  return {
    name,
    value_template: `{{ ${fieldOf(field)} }}`,
    ...(unit === undefined ? {} : { unit_of_measurement: unit }),
    ...(deviceClass === undefined ? {} : { device_class: deviceClass }),
    ...(stateClass === undefined ? {} : { state_class: stateClass }),
    ...(isDiagnostic === undefined ? {} : { entity_category: "diagnostic" }),
    ...(topic === "readings" ? { expire_after: EXPIRE_AFTER_S } : {}),
  };
}

const onWhen = (condition: string) => `{{ 'ON' if value_json.${condition} else 'OFF' }}`;

const originAttribute = (root: string, topic: TopicName): Component => ({
  json_attributes_topic: `${root}/${topic}`,
  json_attributes_template: "{{ {'origin': value_json.origin} | to_json }}",
});

/** A command needs an id of its own and an end; the template makes both when the button is pressed. */
function press(root: string, command: string): Component {
  const expires = `((now().timestamp() + ${PRESS_LASTS_S}) * 1000) | int`;
  const id = "'ha-' ~ (now().timestamp() * 1000000) | int";
  return {
    command_topic: `${root}/command/${command}`,
    command_template: `{{ {'id': ${id}, 'expiresAt': ${expires}} | to_json }}`,
    qos: 1,
  };
}
