#include "drivers/native/output_line.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/native/check.h"

using namespace asicr;

namespace {

constexpr uint32_t kBaud = 1'000'000;  // 10 us a byte
constexpr int64_t kUs = 1000;

QueuedBytes silent() {
  return [] { return std::nullopt; };
}

void whatIsWrittenLeavesByteAfterByte() {
  OutputLine line(kBaud, silent());
  CHECK_EQUAL(line.wrote(10, 1000 * kUs, 1001 * kUs), 1100 * kUs);
  CHECK_EQUAL(line.wrote(10, 1002 * kUs, 1003 * kUs), 1200 * kUs);
  CHECK_EQUAL(line.lookedAt(1004 * kUs), 1200 * kUs);
  // Idle since.
  CHECK_EQUAL(line.wrote(5, 2000 * kUs, 2001 * kUs), 2050 * kUs);
  line.setBaud(2 * kBaud);
  CHECK_EQUAL(line.wrote(10, 2002 * kUs, 2003 * kUs), 2100 * kUs);
  CHECK_EQUAL(line.freeNs(), 2100 * kUs);
}

// Held up between the first and the last byte: none can have left after it was handed over, and none before.
void noEndIsBeforeTheKernelHadIt() {
  OutputLine line(kBaud, silent());
  CHECK_EQUAL(line.wrote(10, 1000 * kUs, 9000 * kUs), 9000 * kUs);
}

void ratesThatDivideNothingKeepTheirNanoseconds() {
  OutputLine line(115'200, silent());
  CHECK_EQUAL(line.spanNs(115'200), 10'000'000'000);
}

void bytesOfOthersPushWhatComesAfterThem() {
  OutputLine line(kBaud, silent());
  line.wrote(10, 1000 * kUs, 1000 * kUs);
  line.wroteBeside(5, 1010 * kUs);
  CHECK_EQUAL(line.lookedAt(1020 * kUs), 1150 * kUs);
  line.wroteBeside(5, 1300 * kUs);
  line.wroteBeside(5, 1310 * kUs);
  CHECK_EQUAL(line.lookedAt(1400 * kUs), 1400 * kUs);
  CHECK_EQUAL(line.lookedAt(1400 * kUs), 1400 * kUs);
}

// The crystal of a port is off: what it still holds tells how far it is, give or take what it does not tell of.
void portThatTellsIsBelievedBeforeTheRate() {
  std::optional<size_t> held;
  OutputLine line(kBaud, [&] { return held; });
  line.wrote(1000, 0, 1);
  CHECK_EQUAL(line.lookedAt(1), 10'000 * kUs);
  // Slower than it should be.
  held = 700;
  CHECK_EQUAL(line.lookedAt(5000 * kUs), 12'000 * kUs);
  // Faster.
  held = 100;
  CHECK_EQUAL(line.lookedAt(6000 * kUs), 6000 * kUs + 1000 * kUs + 2560 * kUs);
  held = 0;
  CHECK_EQUAL(line.lookedAt(6001 * kUs), 6001 * kUs + 2560 * kUs);
}

void portThatAlwaysSaysNothingIsNotBelieved() {
  OutputLine line(kBaud, [] { return size_t{0}; });
  line.wrote(1000, 0, 1);
  CHECK_EQUAL(line.lookedAt(1), 10'000 * kUs);
}

void onlyATerminalIsAsked() {
  const int nowhere = open("/dev/null", O_RDWR);
  CHECK(!kernelQueue(nowhere)().has_value());
  close(nowhere);
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  CHECK(slave >= 0);
  const QueuedBytes asked = kernelQueue(slave);
  CHECK_EQUAL(write(slave, "abc", 3), 3);
  // Its bytes are the other end's at once.
  CHECK_EQUAL(asked().value_or(99), 0u);
  close(slave);
  CHECK(!asked().has_value());
  close(master);
}

}  // namespace

int main() {
  whatIsWrittenLeavesByteAfterByte();
  noEndIsBeforeTheKernelHadIt();
  ratesThatDivideNothingKeepTheirNanoseconds();
  bytesOfOthersPushWhatComesAfterThem();
  portThatTellsIsBelievedBeforeTheRate();
  portThatAlwaysSaysNothingIsNotBelieved();
  onlyATerminalIsAsked();
  return checks.finish();
}
