/** What is measured of a board's way to its MQTT broker. Absent where nothing is published. */
import type { PublisherCounters } from "../mqtt/publisher.ts";
import { declaring } from "./metric.ts";

const { gauge, counter } = declaring<{ readonly publisher: PublisherCounters | null }>();

const ofPublisher = (name: string, help: string, read: (counters: PublisherCounters) => number) =>
  (name.endsWith("_total") ? counter : gauge)(name, help, ({ publisher }) => (publisher === null ? null : read(publisher)));

export const PUBLISHER_METRICS = [
  ofPublisher("asicr_mqtt_connected", "1 while the MQTT broker is reached", ({ connected }) => (connected ? 1 : 0)),
  ofPublisher("asicr_mqtt_connections_total", "Connections that the MQTT broker accepted", ({ connections }) => connections),
  ofPublisher("asicr_mqtt_waiting_messages", "Messages that wait for the MQTT broker", ({ waiting }) => waiting),
  ofPublisher("asicr_mqtt_unsent_bytes", "Handed to the network for the MQTT broker and not yet taken", ({ unsentBytes }) => unsentBytes),
  ofPublisher("asicr_mqtt_dropped_messages_total", "Messages dropped because too many waited", ({ droppedMessages }) => droppedMessages),
  ofPublisher(
    "asicr_mqtt_replaced_messages_total",
    "Waiting messages in whose place a newer one of their topic was put",
    ({ replacedMessages }) => replacedMessages,
  ),
  ofPublisher(
    "asicr_mqtt_dropped_frames_total",
    "Nonce frames that the MQTT broker did not get: they never wait",
    ({ droppedNonceFrames }) => droppedNonceFrames,
  ),
];
