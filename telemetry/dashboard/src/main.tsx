import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/top-bar.css";
import "./styles/panels.css";
import "./styles/plots.css";
import "./styles/chips.css";
import "./styles/timing.css";
import "./styles/record.css";
import "./styles/layout.css";
import { effect } from "@preact/signals";
import { App } from "./app.tsx";
import { origin, rig, startPage } from "./model/page.ts";

effect(() => {
  document.title = [origin.value?.toUpperCase(), rig.value, "asic-reservoir"].filter(Boolean).join(" · ");
});

startPage();
render(<App />, document.getElementById("app") as HTMLElement);
