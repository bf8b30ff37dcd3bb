import type { Substrate } from "../../reservoir/substrate.ts";
import type { DriveView } from "../../telemetry/messages.ts";
import { type DriveMode, hostMemoryOf, modeWords } from "../dispatcher/drive-mode.ts";
import type { Session } from "../session.ts";
import { ChorusSubstrate } from "./chorus-substrate.ts";
import { DialogueSubstrate } from "./dialogue-substrate.ts";
import { type GoldenCheck, GoldenSubstrate } from "./golden-substrate.ts";
import { RigSubstrate, type VoltageDrive } from "./rig-substrate.ts";

/** A rig in a mode of driving. */
export interface ModeSubstrate {
  readonly substrate: Substrate;
  /** Once after the drive: what there is to say of it afterwards; null for nothing. */
  finish(signal?: AbortSignal): Promise<GoldenCheck | null>;
  /** The rig goes back to its steady flow of jobs, whatever happened. */
  end(): void;
}

/**
 * The substrate that a mode makes of a rig which is at its home set-point. `constant` sets its one voltage as often as `monologue` sets its
 * many, so that nothing but the values differs. `golden` enrols first, which takes as many replays as it needs.
 */
export async function modeSubstrate(session: Session, mode: DriveMode, drive: VoltageDrive, signal?: AbortSignal): Promise<ModeSubstrate> {
  const show = (shown: DriveView | null) => session.hub.publish("drive", shown);
  show({ name: mode.name, words: modeWords(mode), hostMemory: hostMemoryOf(mode) });
  try {
    const made = await inMode(session, mode, drive, signal);
    return {
      ...made,
      end() {
        show(null);
        made.end();
      },
    };
  } catch (error) {
    show(null);
    throw error;
  }
}

async function inMode(session: Session, mode: DriveMode, drive: VoltageDrive, signal?: AbortSignal): Promise<ModeSubstrate> {
  const plain = (substrate: Substrate): ModeSubstrate => ({ substrate, finish: async () => null, end: () => {} });
  switch (mode.name) {
    case "constant": {
      const middleMv = (drive.minMv + drive.maxMv) / 2;
      return plain(new RigSubstrate(session, { ...drive, minMv: middleMv, maxMv: middleMv }));
    }
    case "monologue":
      return plain(new RigSubstrate(session, drive));
    case "dialogue":
      return plain(new DialogueSubstrate(session, drive, mode));
    case "chorus":
      return plain(new ChorusSubstrate(session, mode, drive.stepMs));
    case "golden": {
      const golden = await GoldenSubstrate.enrol(session, drive, mode, signal);
      return { substrate: golden, finish: (stop) => golden.check(stop), end: () => golden.end() };
    }
  }
}
