import type { Emission, PlantedEffect } from "./emission.ts";

interface Held<Answer> {
  readonly chip: number;
  readonly order: number;
  readonly answer: Answer;
}

/** Answers between their find and the moment a planted effect lets them go. */
export class HeldAnswers<Answer extends { readonly readyNs: number }> {
  readonly #effect: PlantedEffect;
  #held: Held<Answer>[] = [];
  #order = 0;

  constructor(effect: PlantedEffect) {
    this.#effect = effect;
  }

  setPoint(chip: number, tNs: number, mhz: number): void {
    this.#effect.setPoint(chip, tNs, mhz);
  }

  take(emission: Emission, answer: Answer): void {
    const delayNs = this.#effect.delayNs(emission);
    if (delayNs === null) return;
    this.#held.push({ chip: emission.chip, order: this.#order++, answer: { ...answer, readyNs: answer.readyNs + delayNs } });
  }

  /** Those whose time has come, in the order of their times. */
  due(toNs: number): readonly Held<Answer>[] {
    if (!this.#held.some(({ answer }) => answer.readyNs <= toNs)) return [];
    const due = this.#held.filter(({ answer }) => answer.readyNs <= toNs);
    this.#held = this.#held.filter(({ answer }) => answer.readyNs > toNs);
    return due.sort((a, b) => a.answer.readyNs - b.answer.readyNs || a.chip - b.chip || a.order - b.order);
  }

  /** A reset loses what has not left. */
  clear(): void {
    this.#held = [];
  }
}
