#include "drivers/native/clock_anchor.h"

#include <vector>

#include "common/native/check.h"
#include "drivers/native/arrival_times.h"

using namespace asicr;

namespace {

void theNarrowestBracketIsKeptAndItsHalfIsTheError() {
  const std::vector<int64_t> monotonic = {0, 1000, 2000, 2201, 3000, 3900};
  const std::vector<int64_t> wall = {50, 70, 90};
  size_t atMonotonic = 0;
  size_t atWall = 0;
  const ClockAnchor anchor = clockAnchor(3, [&] { return monotonic[atMonotonic++]; }, [&] { return wall[atWall++]; });
  CHECK_EQUAL(anchor.monotonicNs, 2100);
  CHECK_EQUAL(anchor.wallNs, 70);
  // Rounded up: a bound.
  CHECK_EQUAL(anchor.errorNs, 101);
}

void thisMachinesClocksLieInTheBracketOfTheirOwnReadings() {
  const int64_t monotonicBefore = monotonicRawNs();
  const ClockAnchor anchor = clockAnchor();
  CHECK(anchor.monotonicNs >= monotonicBefore && anchor.monotonicNs <= monotonicRawNs());
  CHECK(anchor.wallNs <= realtimeNs() && anchor.wallNs > 1'600'000'000'000'000'000);
  CHECK(anchor.errorNs >= 0);
}

}  // namespace

int main() {
  theNarrowestBracketIsKeptAndItsHalfIsTheError();
  thisMachinesClocksLieInTheBracketOfTheirOwnReadings();
  return checks.finish();
}
