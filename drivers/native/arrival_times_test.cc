#include "drivers/native/arrival_times.h"

#include <cmath>
#include <limits>

#include "common/native/check.h"

using namespace asicr;

namespace {

constexpr uint32_t kBaud = 1'000'000;
constexpr int64_t kByteNs = 10'000;

uint32_t sigma(double spreadNs) { return static_cast<uint32_t>(std::sqrt(50e3 * 50e3 + spreadNs * spreadNs / 12)); }

void bytesBeforeTheLastAreOneLineTimeEarlierEach() {
  ArrivalTimes times;
  times.add(0, 11, 5'000'000, kBaud);
  CHECK_EQUAL(times.at(10).tNs, 5'000'000);
  CHECK_EQUAL(times.at(0).tNs, 5'000'000 - 10 * kByteNs);
  CHECK_EQUAL(times.at(0).sigmaNs, sigma(11 * kByteNs));
}

void neverBeforeThePreviousRead() {
  ArrivalTimes times;
  times.add(0, 1, 5'000'000, kBaud);
  times.add(1, 100, 5'030'000, kBaud);
  CHECK_EQUAL(times.at(0).tNs, 5'000'000);
  CHECK_EQUAL(times.at(1).tNs, 5'000'000);
  CHECK_EQUAL(times.at(100).tNs, 5'030'000);
  CHECK_EQUAL(times.at(100).sigmaNs, sigma(30'000));
}

void aByteReadAloneIsGoodToTheWakeup() {
  ArrivalTimes times;
  times.add(0, 1, 5'000'000, 115'200);
  CHECK(times.at(0).sigmaNs > 50'000 && times.at(0).sigmaNs < 57'000);
}

void aFrameOverSeveralReadsHasTheTimeOfTheReadThatBroughtItsFirstByte() {
  ArrivalTimes times;
  times.add(0, 15, 1'000'000, kBaud);
  times.forgetBefore(11);
  times.add(15, 7, 9'000'000, kBaud);
  CHECK_EQUAL(times.at(11).tNs, 1'000'000 - 3 * kByteNs);
  times.forgetBefore(22);
  times.add(22, 1, 9'500'000, kBaud);
  CHECK_EQUAL(times.at(22).tNs, 9'500'000);
}

void newRateHoldsForNewReadsOnly() {
  ArrivalTimes times;
  times.add(0, 2, 1'000'000, kBaud);
  times.add(2, 2, 9'000'000, kBaud / 10);
  CHECK_EQUAL(times.at(0).tNs, 1'000'000 - kByteNs);
  CHECK_EQUAL(times.at(2).tNs, 9'000'000 - 10 * kByteNs);
}

void aForgottenByteIsUnknownNotWrong() {
  ArrivalTimes times;
  times.add(0, 2, 1'000'000, kBaud);
  times.forgetBefore(2);
  CHECK_EQUAL(times.at(2).sigmaNs, std::numeric_limits<uint32_t>::max());
}

}  // namespace

int main() {
  const int64_t before = monotonicRawNs();
  CHECK(monotonicRawNs() >= before);
  bytesBeforeTheLastAreOneLineTimeEarlierEach();
  neverBeforeThePreviousRead();
  aByteReadAloneIsGoodToTheWakeup();
  aFrameOverSeveralReadsHasTheTimeOfTheReadThatBroughtItsFirstByte();
  newRateHoldsForNewReadsOnly();
  aForgottenByteIsUnknownNotWrong();
  return checks.finish();
}
