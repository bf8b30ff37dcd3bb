import { StripCharts } from "./charts/strip-charts.tsx";
import { ChipMapPanel } from "./chips/chip-map-panel.tsx";
import { ControlsPanel } from "./panels/controls-panel.tsx";
import { FactsBar } from "./panels/facts-bar.tsx";
import { LogPanel } from "./panels/log-panel.tsx";
import { NarmaPanel } from "./panels/narma-panel.tsx";
import { NumbersPanel } from "./panels/numbers-panel.tsx";
import { SafetyPanel } from "./panels/safety-panel.tsx";
import { TopBar } from "./panels/top-bar.tsx";
import { RasterPanel } from "./raster/raster-panel.tsx";
import { RunsPanel } from "./record/runs-panel.tsx";
import { VerdictsPanel } from "./record/verdicts-panel.tsx";
import { SweepPanel } from "./sweep/sweep-panel.tsx";
import { TimingPanel } from "./timing/timing-panel.tsx";

/** Reading order is the order of importance on a phone; the style sheet places the panels on wider screens. */
export function App() {
  return (
    <>
      <a class="skip-link" href="#panels">
        Skip to the panels
      </a>
      <TopBar />
      <main id="panels" tabIndex={-1}>
        <NumbersPanel />
        <RasterPanel />
        <SafetyPanel />
        <LogPanel />
        <StripCharts />
        <ChipMapPanel />
        <TimingPanel />
        <SweepPanel />
        <NarmaPanel />
        <ControlsPanel />
        <VerdictsPanel />
        <RunsPanel />
      </main>
      <FactsBar />
    </>
  );
}
