import { hurryLineWorkers } from "../../drivers/native/line-workers.ts";
import { keepProcessorsAwake } from "../../drivers/native/processor-wake.ts";

/** What a capture asks of the kernel while it goes on (docs/time-stamps.md), for a reader that is not one, until the returned function is called. */
export function askAsCapture(): () => void {
  const workers = hurryLineWorkers();
  const wake = keepProcessorsAwake();
  return () => {
    workers.release();
    wake.release();
  };
}
