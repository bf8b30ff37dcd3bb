// A port on a real pseudo-terminal: dates of writes, whenever their bytes are read.
#include "pty_port.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "common/native/check.h"

namespace {

using asicr::Arrival;
using asicr::FileDescriptor;
using asicr::PtyPort;
using asicr::rawClockNs;
using Bytes = std::vector<uint8_t>;

constexpr int64_t kMs = 1'000'000;

struct Line {
  std::unique_ptr<PtyPort> port;
  FileDescriptor client;

  Line() {
    std::string error;
    port = PtyPort::open([] {}, error);
    CHECK(port != nullptr);
    client = FileDescriptor(open(port->path().c_str(), O_RDWR | O_NOCTTY));
    CHECK(client.valid());
  }
  void write(uint8_t number) const {
    const Bytes frame = {0x21, 5, number, 0, 0};
    CHECK_EQUAL(::write(client.get(), frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  }
};

template <typename Condition>
bool eventually(Condition holds) {
  for (const int64_t until = rawClockNs() + 20'000 * kMs; rawClockNs() < until; usleep(1000))
    if (holds()) return true;
  return false;
}

// More arrivals than the port takes are waiting, so that it leaves the last two writes in the kernel until after both: only whoever
// watches the writes themselves can tell when they were.
void writeIsDatedAtOnceHoweverLateItsBytesAreRead() {
  const Line line;
  constexpr int kMost = 4096;
  for (int i = 0; i < kMost; i++) line.write(0);
  // All of them are read, each an arrival of its own.
  usleep(200'000);
  const int64_t beforeNs = rawClockNs();
  line.write(1);
  usleep(200'000);
  const int64_t betweenNs = rawClockNs();
  line.write(2);
  usleep(200'000);
  const int64_t afterNs = rawClockNs();

  std::vector<Arrival> arrivals;
  line.port->take(arrivals);
  CHECK(arrivals.size() >= static_cast<size_t>(kMost));
  for (const Arrival& arrival : arrivals) CHECK_EQUAL(unsigned{arrival.bytes[2]}, 0u);
  std::vector<Arrival> late;
  CHECK(eventually([&] {
    line.port->take(arrivals);
    late.insert(late.end(), arrivals.begin(), arrivals.end());
    return late.size() >= 2;
  }));
  CHECK_EQUAL(late.size(), 2u);
  if (late.size() != 2) return;
  CHECK(late[0].tNs >= beforeNs && late[0].tNs < betweenNs);
  CHECK(late[1].tNs >= betweenNs && late[1].tNs < afterNs);
}

// What take() calls the present is never later than a write that it does not hand out.
void timeNeverPassesAWriteThatIsNotHandedOutYet() {
  const Line line;
  std::vector<Arrival> arrivals;
  int64_t knownNs = 0;
  size_t pieces = 0;
  for (int i = 0; i < 2000; i++) {
    const int64_t beforeNs = rawClockNs();
    line.write(0);
    for (int looks = 0; looks < 3; looks++) {
      const int64_t nowNs = line.port->take(arrivals);
      for (const Arrival& arrival : arrivals) CHECK(arrival.tNs >= knownNs);
      pieces += arrivals.size();
      if (pieces <= static_cast<size_t>(i)) CHECK(nowNs <= rawClockNs() && nowNs >= knownNs);
      knownNs = nowNs;
    }
    CHECK(knownNs <= rawClockNs() && beforeNs <= rawClockNs());
  }
  CHECK(eventually([&] {
    line.port->take(arrivals);
    pieces += arrivals.size();
    return pieces == 2000;
  }));
  // All is handed out: the notices of bytes that came ahead of them hold nothing up.
  CHECK(eventually([&] {
    const int64_t beforeNs = rawClockNs();
    return line.port->take(arrivals) >= beforeNs;
  }));
}

}  // namespace

int main() {
  writeIsDatedAtOnceHoweverLateItsBytesAreRead();
  timeNeverPassesAWriteThatIsNotHandedOutYet();
  return asicr::checks.finish();
}
