// The probes answer in time, with figures that some processor could have.
#include "probe.h"

#include <initializer_list>

#include "check.h"

int main() {
  CHECK(asicr::multiplyAddsPerSecond(1, 0.01) > 1e6);
  CHECK(asicr::multiplyAddsPerSecond(2, 0.01) > 1e6);
  for (size_t bytes : {64, 1000, 100000}) {
    const double rate = asicr::bytesReadPerSecond(bytes, 0.01);
    CHECK(rate > 1e6 && std::isfinite(rate));
  }
  CHECK(asicr::bytesReadPerSecond(0, 0.01) == 0);
  std::printf("two probes\n");
}
