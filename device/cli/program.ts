/** The tree of commands. */
import { Command, InvalidArgumentError, Option } from "commander";
import { SOFTWARE } from "../version.ts";
import { addCompletionCommand } from "./completion-command.ts";
import { addConfigCommand } from "./config-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addExperimentCommand } from "./experiment-command.ts";
import { addFaultMatrixCommand } from "./fault-matrix-command.ts";
import { addFaultsCommand } from "./faults-command.ts";
import { finish } from "./finish.ts";
import { addFirmwareCommand } from "./firmware-command.ts";
import { addLineWorkersCommand } from "./line-workers-command.ts";
import { addMemoryCommand } from "./memory-command.ts";
import { addMinerCommand } from "./miner-command.ts";
import { addOffCommand } from "./off-command.ts";
import { whole as wholeWithin } from "./option-range.ts";
import { addPlotCommand, addReportCommand } from "./plot-command.ts";
import { addRepeatCaptureCommand } from "./repeat-capture-command.ts";
import { addSettleCommand } from "./settle-command.ts";
import { addSimulateCommand } from "./simulate-command.ts";
import { addStratumCommand } from "./stratum-command.ts";
import { addSupportBundleCommand } from "./support-bundle-command.ts";
import { addSweepCommand } from "./sweep-command.ts";
import { addTwinNetworkCommand } from "./twin-network-command.ts";
import { addVbmCommand } from "./vbm-command.ts";

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
  return value;
};
const decimal = (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
};
const positive = (text: string) => {
  const value = decimal(text);
  if (value <= 0) throw new InvalidArgumentError("It must be more than 0.");
  return value;
};
const gather = (value: string, former: string[]) => [...former, value];
const json = () => new Option("--json", "print one JSON document");
const store = () => new Option("--store <file>", "database to read").default("runs/demo.db");
const traceWire = () => new Option("--trace-wire <file>", "log every frame on the chips' wire: time, direction, hex, fields");
const record = () =>
  new Option("--record <file>", "record every frame on both ports (docs/recordings.md), for `replay` and `twin --replay`");
const config = () => new Option("--config <file>", "take the database of this configuration");

/** Each command's module is loaded when it is asked for, so that `--help` is quick and needs no hardware library. */
export function program(): Command {
  const root = new Command("asic-reservoir")
    .description("Drives Bitcoin-mining ASICs as candidate physical reservoirs and says, with evidence, what they compute.")
    .version(SOFTWARE)
    // An option belongs to the command it follows: `twin` and `twin plant` both have a --seed.
    .enablePositionalOptions()
    .showHelpAfterError("Add --help for what is possible.")
    .addHelpText("after", "\nExit codes: 0 good, 1 the question's answer is no, 2 bad usage or input, 3 hardware or environment fault.");

  root
    .command("demo")
    .description("a digital twin of a Bitaxe Ultra: bring-up, sweep, NARMA-10 with its controls, dashboard")
    .option("--store <file>", "database to write", "runs/demo.db")
    .option("--port <number>", "port of the dashboard (default: 8366, or a free one)", wholeWithin(0, 65_535))
    .option("--seed <number>", "seed of twin and input", whole(0), 42)
    .option("--once", "end when the NARMA-10 run is done")
    .addOption(traceWire())
    .addOption(record())
    .addOption(json())
    .action(async (options) => finish((await import("./serve.ts")).demoCommand(options)));

  root
    .command("run")
    .description("drive the board that a configuration file names")
    .requiredOption("--config <file>", "configuration (YAML); examples/ has some")
    .option("--once", "end when the configuration's plan is done")
    .addOption(traceWire())
    .addOption(record())
    .addOption(json())
    .action(async (options) => finish((await import("./serve.ts")).runCommand(options)));

  const twin = root
    .command("twin")
    .description("a digital twin alone, on two pseudo-terminals that any program can open")
    .enablePositionalOptions()
    .addOption(new Option("--board <kind>", "what to be a twin of").choices(["bitaxe-ultra", "s9"]).default("bitaxe-ultra"))
    .option("--chips <number>", "chips in the chain (default: 1; s9: 63)", whole(1))
    .addOption(
      new Option("--variant <board>", "Bitaxe with DS4432U and INA260 (205) or with TPS546 (207)").choices(["205", "207"]).default("205"),
    )
    .option("--pic <address>", "s9: address of the board's PIC: 0x55, 0x56 or 0x57", whole(0))
    .option(
      "--work-scale <bits>",
      "zero bits left out of the search (default: 20; s9: 24): fewer is slower and closer to hardware",
      whole(0),
    )
    .option("--seed <number>", "seed of noise and of the chips' differences", whole(0), 1)
    .option("--ambient <celsius>", "air temperature", decimal, 25)
    .option("--link <folder>", "also make links named control and data in this folder: paths that stay when the ports change")
    .option("--commands", "take lines from standard input: fault NAME[=VALUE], clear NAME, status")
    .option("--powered", "switch the board on and out of reset, for programs that use the data port alone")
    .option(
      "--fault <name[=value][#chip][@ms[-ms]]>",
      "make a fault happen, at once or from a time until a time; may be repeated",
      gather,
      [],
    )
    .option("--replay <file>", "instead of a twin, a recording of --record or a share capture (CSV) behind the two ports")
    .addOption(
      new Option("--replay-pace <how>", "answers follow the host's frames, or come at their recorded times")
        .choices(["follow", "clock"])
        .default("follow"),
    )
    .option("--plant <effect=..,strength=..>", "hide an effect in the timing of its answers; also kind=.., parameter=.., seed=..")
    .addOption(new Option("--until-input-ends", "end when standard input closes").hideHelp())
    .addHelpText(
      "after",
      `
Examples:
  twin --board s9 --chips 63 --link ./s9-uart --powered   # ./s9-uart/data is the UART of 63 chips that are switched on
  twin --fault drop-byte=0.01@5000-6000                   # loses bytes for one second
  twin --link ./bitaxe --fault reconnect@10000            # the cable is pulled and put back after ten seconds
docs/twin.md says more.`,
    )
    .addOption(json())
    .action(async (options) => finish((await import("./twin.ts")).twinCommand(options)));

  twin
    .command("faults")
    .description("all faults by layer: what their value means, and what a driver should see")
    .option("--markdown", "as the tables of docs/twin.md")
    .addOption(json())
    // `twin` itself has a --json, and takes this one.
    .action(async (_, command: Command) => finish((await import("./twin-faults.ts")).twinFaultsCommand(command.optsWithGlobals())));

  twin
    .command("plant")
    .description("recordings of a twin with something hidden in them or nothing, and a sealed answer: to score an instrument blind")
    .requiredOption("--effect <name>", "memory, line, leakage, coupling, fingerprint or early-abort")
    .option("--kind <name>", "which form of it (docs/planted-effects.md)")
    .requiredOption("--strength <number>", "how much of it, in the kind's unit; 0 is its null", decimal)
    .option("--parameter <number>", "time constant, leak, frequency, device or rounds, as the kind has it", decimal)
    .requiredOption("--seed <secret>", "decides everything, and opens the answer")
    .addOption(new Option("--board <kind>", "what to be a twin of").choices(["bitaxe", "s9"]).default("bitaxe"))
    .option("--chips <number>", "chips in the chain (default: 1, or 4 for effects between chips; s9: 63)", whole(1))
    .option("--minutes <number>", "length of each recording", decimal, 10)
    .option("--count <number>", "how many recordings", whole(1), 1)
    .option("--null-share <number>", "share of nulls among them (default: 0.5 of several, 0 of one)", decimal)
    .requiredOption("--out <folder>", "new folder for recordings, manifest and answer")
    .addOption(json())
    .action(async (options) => finish((await import("./plant.ts")).plantCommand(options)));

  twin
    .command("unseal")
    .description("open the answer of `twin plant`; 1 when a recording beside it was changed")
    .requiredOption("--answer <file>", "sealed answer")
    .requiredOption("--seed <secret>", "the secret it was sealed with")
    .addOption(json())
    .action(async (options) => finish((await import("./plant.ts")).unsealCommand(options)));

  root
    .command("replay")
    .description("put a wire recording through the drivers: what they make of it; 1 when part of the file is lost")
    .argument("<file>", "recording of --record")
    .addOption(json())
    .action(async (file, options) => finish((await import("./replay.ts")).replayCommand(file, options)));

  addCompletionCommand(root);
  addConfigCommand(root);
  addFaultMatrixCommand(root);
  addFaultsCommand(root);
  addFirmwareCommand(root);
  addLineWorkersCommand(root);
  addMemoryCommand(root);
  addMinerCommand(root);
  addTwinNetworkCommand(twin);
  addOffCommand(root);
  addDoctorCommand(root);
  addExperimentCommand(root);
  addSettleCommand(root);
  addSimulateCommand(root);
  addStratumCommand(root);
  addSweepCommand(root);
  addPlotCommand(root);
  addRepeatCaptureCommand(root);
  addReportCommand(root);
  addSupportBundleCommand(root);
  addVbmCommand(root);

  root
    .command("verify-recording")
    .description("rebuild and hash every share of a capture; 1 when a row is malformed, does not verify or is not what its server said")
    .argument("<file>", "share capture (CSV)")
    .option("--difficulty <number>", "what every share must be worth, where the capture does not say it (default: 256)", positive)
    .addOption(json())
    .action(async (file, options) => finish((await import("./verify-recording.ts")).verifyRecordingCommand(file, options)));

  root
    .command("narma10")
    .description("NARMA-10 with all its controls on a software substrate, a twin or a board; 1 when it does not beat the linear taps")
    .addOption(new Option("--substrate <name>", "what computes").choices(["esn", "delay-line", "noise", "twin", "rig"]).default("esn"))
    .option("--config <file>", "the board, for --substrate rig")
    .option("--size <number>", "features of a software substrate", whole(1), 100)
    .option("--seed <number>", "seed of the input", whole(0), 42)
    .option(
      "--washout <steps>",
      "steps before training (default: 200, or 50 where all of it would take a board more than 25 min)",
      whole(0),
    )
    .option("--train <steps>", "steps to train on (default: 2000, or 450)", whole(50))
    .option("--test <steps>", "steps to test on (default: 2000, or 200)", whole(20))
    .option("--step-ms <ms>", "length of a step on a twin or a board (modes constant, monologue, chorus)", whole(20), 80)
    .addOption(
      new Option(
        "--mode <name>",
        "how the input drives a twin or a board (docs/drive-modes.md; default: the configuration's, or monologue)",
      ).choices(["constant", "monologue", "dialogue", "chorus", "golden"]),
    )
    .option("--set <key=value>", "a setting of the mode, such as words=8 or feedback.gain=0.01; may be repeated", gather, [])
    .addOption(new Option("--board <kind>", "board of a twin (default: bitaxe-ultra; s9 in mode chorus)").choices(["bitaxe-ultra", "s9"]))
    .option("--chips <number>", "chips of a twin of an s9", whole(1), 4)
    .option("--store <file>", "database to write, for a twin", "runs/narma10.db")
    .addOption(json())
    .action(async (options) => finish((await import("./narma10.ts")).narma10Command(options)));

  root
    .command("computes")
    .description("does it compute? the whole decision procedure on software, a twin or a board; 1 when the answer is not yes")
    .addOption(new Option("--substrate <name>", "what computes").choices(["esn", "delay-line", "noise", "twin", "rig"]).default("esn"))
    .option("--config <file>", "the board, for --substrate rig")
    .option("--size <number>", "features of a software substrate", whole(2), 20)
    .option("--seed <number>", "seed of inputs and surrogates", whole(0), 1)
    .option("--sessions <number>", "sessions, an input each; five are needed for a yes", whole(1), 5)
    .option("--steps <number>", "steps of a session", whole(500), 2000)
    .option("--step-ms <ms>", "length of a step on a twin or a board", whole(20), 80)
    .option("--store <file>", "database to write, for a twin", "runs/computes.db")
    .addOption(json())
    .action(async (options) => finish((await import("./computes.ts")).computesCommand(options)));

  root
    .command("calibrate")
    .description("false-positive rate and power of the decision procedure on planted substrates; 1 when one is off")
    .option("--runs <number>", "sessions of each null (others: a third); 400 take about an hour", whole(1), 400)
    .option("--file <file>", "one line per session; a run that was stopped goes on from there", "runs/calibration.jsonl")
    .option("--only <text>", "cases with this in their name")
    .addOption(json())
    .action(async (options) => finish((await import("./calibrate.ts")).calibrateCommand(options)));

  root
    .command("decode")
    .description("explain any bytes of a chip's line; 1 when none belongs to a frame")
    .argument("<hex...>", "bytes in hexadecimal, with or without spaces")
    .addOption(new Option("--chip <name>", "whose line").choices(["auto", "bm1366", "bm1387"]).default("auto"))
    .addOption(new Option("--direction <way>", "which way they went").choices(["auto", "to-chip", "from-chip"]).default("auto"))
    .addOption(json())
    .action(async (hex, options) => finish((await import("./decode.ts")).decodeCommand(hex, options)));

  const runs = root.command("runs").description("what the record holds");
  runs
    .command("list")
    .description("all runs, a line each")
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (options) => finish((await import("./runs/read.ts")).runsListCommand(options)));
  runs
    .command("show")
    .description("one run with its results")
    .argument("<id>", "run number", whole(1))
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (id, options) => finish((await import("./runs/read.ts")).runsShowCommand(id, options)));
  runs
    .command("verify")
    .alias("reverify")
    .description("hash every nonce of a run again, from the record alone; 1 when a stored status disagrees")
    .argument("<id>", "run number", whole(1))
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (id, options) => finish((await import("./runs/verify.ts")).runsVerifyCommand(id, options)));
  runs
    .command("integrity")
    .description("check every page, reference and chunk of the record; 1 when something is wrong")
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (options) => finish((await import("./runs/keep.ts")).runsIntegrityCommand(options)));
  runs
    .command("backup")
    .description("copy the record into a new file, also while a daemon writes it")
    .argument("<file>", "file to make")
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (file, options) => finish((await import("./runs/keep.ts")).runsBackupCommand(file, options)));
  runs
    .command("export")
    .description("a run as files for other programs, with checksums")
    .argument("<id>", "run number", whole(1))
    .addOption(new Option("--format <name>", "kind of files").choices(["csv", "parquet"]).default("csv"))
    .requiredOption("--out <folder>", "folder to make")
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (id, options) => finish((await import("./runs/keep.ts")).runsExportCommand(id, options)));
  runs
    .command("import")
    .description("an exported run into a record, where it keeps its origin and is marked as imported")
    .argument("<folder>", "folder that `runs export` made")
    .addOption(new Option("--store <file>", "database to write").default("runs/demo.db"))
    .addOption(config())
    .addOption(json())
    .action(async (folder, options) => finish((await import("./runs/keep.ts")).runsImportCommand(folder, options)));
  return root;
}
