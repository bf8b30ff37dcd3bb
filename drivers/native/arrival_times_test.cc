#include "drivers/native/arrival_times.h"

#include <cmath>
#include <initializer_list>
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

// What a wait of so many ns adds to the wakeup, as a standard uncertainty.
bool isSigma(uint32_t seen, std::initializer_list<double> widthsNs) {
  double variance = 50e3 * 50e3;
  for (const double width : widthsNs) variance += width * width / 12;
  return std::abs(seen - std::sqrt(variance)) <= 1;
}

void usbFramesDateBackByHalfAFrame() {
  ArrivalTimes times({1'000'000, 0, 0, 0});
  times.add(0, 1, 5'000'000, kBaud);
  CHECK_EQUAL(times.at(0).tNs, 4'500'000);
  CHECK(isSigma(times.at(0).sigmaNs, {1e6, 1e4}));
}

void anAdaptersTimerCountsOnlyForPacketsThatAreNotFull() {
  ArrivalTimes times({0, 16'000'000, 62, 0});
  times.add(0, 61, 50'000'000, kBaud);
  CHECK_EQUAL(times.at(60).tNs, 42'000'000);
  CHECK(isSigma(times.at(60).sigmaNs, {16e6, 61e4}));
  times.add(61, 62, 90'000'000, kBaud);
  CHECK_EQUAL(times.at(122).tNs, 90'000'000);
  CHECK(isSigma(times.at(122).sigmaNs, {62e4}));
}

void anAdaptersTimerBeganAtThePreviousReadAtTheEarliest() {
  ArrivalTimes times({0, 16'000'000, 62, 0});
  times.add(0, 1, 50'000'000, kBaud);
  times.add(1, 1, 54'000'000, kBaud);
  CHECK_EQUAL(times.at(1).tNs, 52'000'000);
  CHECK(isSigma(times.at(1).sigmaNs, {4e6, 1e4}));
}

void aUartsQueueWaitsInByteTimes() {
  ArrivalTimes times({0, 0, 0, 4});
  times.add(0, 2, 5'000'000, kBaud);
  CHECK_EQUAL(times.at(1).tNs, 5'000'000 - 2 * kByteNs);
  CHECK(isSigma(times.at(1).sigmaNs, {4e4, 2e4}));
}

void timesNeverDecreaseWhateverTheDelivery() {
  for (const PortDelivery& delivery : {PortDelivery{1'000'000, 0, 0, 0}, PortDelivery{125'000, 16'000'000, 62, 0}, PortDelivery{0, 0, 0, 4}}) {
    ArrivalTimes times(delivery);
    int64_t readNs = 100'000'000;
    int64_t previousNs = 0;
    uint64_t offset = 0;
    for (int i = 0; i < 300; i++) {
      const size_t count = 1 + static_cast<size_t>(i * 7 % 90);
      readNs += i * 7919 % 20'000'000;
      // The slow rate's byte is longer than the wait for the fast one's.
      times.add(offset, count, readNs, i % 3 == 0 ? 9600 : kBaud);
      for (size_t at = 0; at < count; at++) {
        const Arrival arrival = times.at(offset + at);
        CHECK(arrival.tNs >= previousNs && arrival.tNs <= readNs);
        previousNs = arrival.tNs;
      }
      offset += count;
      times.forgetBefore(offset);
    }
  }
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
  usbFramesDateBackByHalfAFrame();
  anAdaptersTimerCountsOnlyForPacketsThatAreNotFull();
  anAdaptersTimerBeganAtThePreviousReadAtTheEarliest();
  aUartsQueueWaitsInByteTimes();
  timesNeverDecreaseWhateverTheDelivery();
  return checks.finish();
}
