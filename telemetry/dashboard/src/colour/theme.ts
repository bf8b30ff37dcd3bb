/** Light, dark, or as the system says; kept for the next visit. */
import { computed, effect, signal } from "@preact/signals";

export const THEMES = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof THEMES)[number];
const KEY = "asic-reservoir.theme";

function remembered(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? "auto";
  } catch {
    // Storage is denied in some private windows; the choice then lasts as long as the page.
    return "auto";
  }
}

const system = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(system.matches);
system.addEventListener("change", (event) => {
  systemDark.value = event.matches;
});

export const themeChoice = signal<ThemeChoice>(remembered());
export const theme = computed<"dark" | "light">(() =>
  themeChoice.value === "auto" ? (systemDark.value ? "dark" : "light") : themeChoice.value,
);

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem(KEY, themeChoice.value);
  } catch {
    return;
  }
});

/** The colours and type of the style sheet as canvas code needs them, resolved for the theme in force. Reading `.value` subscribes to changes. */
export const ink = computed(() => {
  theme.value;
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const resolve = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    text: resolve("text"),
    muted: resolve("muted"),
    rule: resolve("rule"),
    ground: resolve("panel"),
    alarm: resolve("alarm"),
    caution: resolve("caution"),
    series1: resolve("series-1"),
    series2: resolve("series-2"),
    series3: resolve("series-3"),
    /** For canvas text, which does not inherit. */
    fontFamily: getComputedStyle(document.body).fontFamily,
  };
  probe.remove();
  return colours;
});
export type Ink = typeof ink.value;
