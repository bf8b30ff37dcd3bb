/** One power operation at a time, in order: nothing can switch on what another is switching off. */
export class PowerTurn {
  #turn: Promise<void> = Promise.resolve();

  /** Runs when every earlier operation has ended, however it ended; resolves or rejects with its outcome. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.then(
      () => {},
      () => {},
    );
    return mine;
  }
}
