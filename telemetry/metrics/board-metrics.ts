/** What is measured of each board. */

import type { ViewerCounters } from "../api/viewers.ts";
import { DEVICE_STATES, type Readings, type SetPoint, type Snapshot } from "../messages.ts";
import type { PublisherCounters } from "../mqtt/publisher.ts";
import { declaring } from "./metric.ts";
import { PUBLISHER_METRICS } from "./publisher-metrics.ts";
import type { Tally } from "./tally.ts";

export interface BoardSource {
  readonly snapshot: Snapshot;
  readonly wallMs: number;
  readonly tally: Pick<Tally, "nonces" | "events" | "runs">;
  readonly viewers: ViewerCounters;
  /** null where nothing is published by MQTT. */
  readonly publisher: PublisherCounters | null;
}

const SAFETY_ACTIONS: readonly Snapshot["safety"]["action"][] = ["none", "fan-full", "power-off"];

const { gauge, counter } = declaring<BoardSource>();

const reading = (name: string, help: string, key: keyof Readings, unit = 1) =>
  gauge(name, help, ({ snapshot: { readings } }) => scaled(readings?.[key] ?? null, unit));
const asked = (name: string, help: string, key: keyof SetPoint, unit = 1) =>
  gauge(name, help, ({ snapshot: { setPoint } }) => scaled(setPoint?.[key] ?? null, unit));
const scaled = (value: number | null, unit: number) => (value === null ? null : value * unit);

/** Of everything that has one of several values: 1 for the value it has, 0 for the others. */
const oneOf = (label: string, values: readonly string[], now: string) =>
  values.map((value) => ({ labels: { [label]: value }, value: value === now ? 1 : 0 }));
const byKey = (label: string, counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));

export const BOARD_METRICS = [
  gauge("asicr_info", "Always 1; the software is in the label", ({ snapshot }) => [{ labels: { software: snapshot.software }, value: 1 }]),
  gauge("asicr_start_time_seconds", "When the daemon started, since 1970", ({ snapshot }) => snapshot.startedWallMs / 1000),
  gauge("asicr_state", "1 for the state the device is in", ({ snapshot }) => oneOf("state", DEVICE_STATES, snapshot.state)),
  gauge("asicr_safety_action", "1 for what the sentinel decided last", ({ snapshot }) =>
    oneOf("action", SAFETY_ACTIONS, snapshot.safety.action),
  ),
  gauge("asicr_chips", "Chips of the chain that answered", ({ snapshot }) => snapshot.board?.chips ?? null),
  gauge("asicr_readings_age_seconds", "How old the last readings are", ({ snapshot, wallMs }) =>
    snapshot.readings === null ? null : Math.max(0, wallMs - snapshot.readings.wallMs) / 1000,
  ),
  reading("asicr_core_voltage_volts", "Core voltage as measured; on an S9 of the whole chain", "coreVoltageMv", 1e-3),
  reading("asicr_input_voltage_volts", "Supply voltage as measured", "inputVoltageMv", 1e-3),
  reading("asicr_input_current_amperes", "Supply current as measured", "inputCurrentMa", 1e-3),
  reading("asicr_power_watts", "Input power as measured", "powerW"),
  reading("asicr_chip_temperature_celsius", "The hottest chip that has a sensor", "chipTempC"),
  reading("asicr_board_temperature_celsius", "Board", "boardTempC"),
  reading("asicr_regulator_temperature_celsius", "Voltage regulator", "regulatorTempC"),
  reading("asicr_fan_speed_rpm", "Fan, revolutions per minute", "fanRpm"),
  reading("asicr_fan_duty_ratio", "How hard the fan is driven, 0 to 1", "fanPercent", 1e-2),
  reading("asicr_hash_rate_hashes_per_second", "From verified nonces of the last 10 s", "hashRateGhs", 1e9),
  reading("asicr_expected_hash_rate_hashes_per_second", "Core clock times small cores", "expectedGhs", 1e9),
  asked("asicr_set_core_voltage_volts", "Core voltage that is asked for", "coreVoltageMv", 1e-3),
  asked("asicr_set_core_clock_hertz", "Core clock that is asked for", "frequencyMhz", 1e6),
  asked("asicr_ticket_difficulty_ratio", "Difficulty from which a chip reports a nonce", "ticketDifficulty"),
  counter("asicr_nonces_total", "Nonces since the daemon started, by what became of them", ({ tally }) => byKey("status", tally.nonces)),
  counter("asicr_runs_total", "Runs since the daemon started", ({ tally }) => tally.runs),
  counter("asicr_log_lines_total", "Lines of the log since the daemon started", ({ tally }) => byKey("level", tally.events)),
  gauge("asicr_viewers", "WebSocket clients", ({ viewers }) => viewers.clients),
  gauge("asicr_viewers_unsent_bytes", "In the send buffers of all WebSocket clients", ({ viewers }) => viewers.bufferedBytes),
  counter("asicr_viewers_dropped_frames_total", "Nonce frames that slow clients did not get", ({ viewers }) => viewers.droppedNonceFrames),
  counter(
    "asicr_viewers_coalesced_updates_total",
    "Updates that slow clients got joined with others",
    ({ viewers }) => viewers.coalescedUpdates,
  ),
  counter("asicr_viewers_cut_total", "Clients that were cut because they did not read", ({ viewers }) => viewers.disconnectedHopeless),
  ...PUBLISHER_METRICS,
];
