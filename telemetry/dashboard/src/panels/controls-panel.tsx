/** The substrate among its controls, best first: what the same readout makes of nothing, of the input alone, of delayed inputs, of a software network. */
import { exact, formatCount, formatFixed } from "../format.ts";
import { ranked } from "../model/narma-view.ts";
import { origin, pageStale, report } from "../model/page.ts";
import { Panel } from "./panel.tsx";

/** Right end of the bars: a little beyond the constant predictor, which scores 1. */
const BAR_END = 1.2;

export function ControlsPanel() {
  const result = report.value;
  const rows = result === null ? [] : ranked([result.substrate, ...result.controls]);
  return (
    <Panel
      id="controls"
      title="Controls"
      stale={pageStale.value}
      note={result === null ? "" : `${result.featuresUsed.length} features used`}
    >
      {result === null ? (
        <p class="empty">The substrate is judged beside its controls. They appear with the report.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keys that scroll it
        <section class="scroll" aria-label="Controls beside the substrate" tabIndex={0}>
          <table class="controls">
            <colgroup>
              <col />
              <col />
              <col />
              <col />
              <col />
            </colgroup>
            <thead>
              <tr>
                <th scope="col">Readout of</th>
                <th scope="col" class="number">
                  features
                </th>
                <th scope="col" colSpan={2}>
                  NRMSE (std), lower is better
                </th>
                <th scope="col" class="number muted">
                  / range
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => {
                const own = row === result.substrate;
                return (
                  <tr
                    key={row.name}
                    class={own ? "is-substrate" : ""}
                    data-testid={`controls-row-${row.name}`}
                    data-value={exact(row.nrmse)}
                  >
                    <th scope="row">
                      <b>{row.name}</b>
                      {own && <span class={`origin-tag origin-${result.origin}`}>{origin.value}</span>}
                      <span class="description" title={row.description}>
                        {row.description}
                      </span>
                    </th>
                    <td class="number">{formatCount(row.features)}</td>
                    <td class="number strong">{formatFixed(row.nrmse, 3)}</td>
                    <td class="bar-cell">
                      <span class="bar has-unity" style={`--fill: ${Math.min(1, row.nrmse / BAR_END)}; --unity: ${1 / BAR_END}`} />
                    </td>
                    <td class="number muted">{formatFixed(row.rmseOverRange, 3)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <p class="footnote">
            NRMSE is RMSE / std of the test targets; the mark is at 1, what the mean scores. “/ range” is the papers' version, for
            comparison only.
          </p>
          {result.featuresRefused.length > 0 && (
            <details open>
              <summary>Features refused: {result.featuresRefused.length}</summary>
              <ul class="refused">
                {result.featuresRefused.map(({ name, reason }) => (
                  <li key={name}>
                    <b>{name}</b> {reason}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </section>
      )}
    </Panel>
  );
}
