#include "drivers/native/low_latency.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "common/native/check.h"

using namespace asicr;

namespace {

constexpr int kFd = 7;

// A driver with settings, which may refuse, or forget the flag.
struct Driver {
  int flags = ASYNC_SPD_VHI;
  int getError = 0;
  int setError = 0;
  bool forgets = false;
  int sets = 0;

  SerialIoctl ioctls() {
    return [this](int fd, unsigned long request, serial_struct* settings) {
      CHECK_EQUAL(fd, kFd);
      if (request == TIOCGSERIAL) {
        settings->flags = flags;
        settings->close_delay = 50;
        return getError;
      }
      CHECK_EQUAL(request, static_cast<unsigned long>(TIOCSSERIAL));
      if (setError != 0) return setError;
      sets++;
      CHECK_EQUAL(settings->close_delay, 50);
      if (!forgets) flags = settings->flags;
      return 0;
    };
  }
};

void theFlagIsSetAndClearedAndNothingElse() {
  Driver driver;
  CHECK(askLowLatency(kFd, driver.ioctls()).state == LowLatency::kGranted);
  CHECK_EQUAL(driver.flags, static_cast<int>(ASYNC_SPD_VHI | ASYNC_LOW_LATENCY));
  CHECK_EQUAL(endLowLatency(kFd, driver.ioctls()), 0);
  CHECK_EQUAL(driver.flags, static_cast<int>(ASYNC_SPD_VHI));
}

void aFlagThatIsSetIsLeftAlone() {
  Driver driver;
  driver.flags = ASYNC_LOW_LATENCY;
  CHECK(askLowLatency(kFd, driver.ioctls()).state == LowLatency::kAlready);
  CHECK_EQUAL(driver.sets, 0);
}

void aDriverThatDoesNotKeepTheFlagIgnoresIt() {
  Driver driver;
  driver.forgets = true;
  CHECK(askLowLatency(kFd, driver.ioctls()).state == LowLatency::kIgnored);
}

void aRefusalSaysWhy() {
  Driver driver;
  driver.setError = EPERM;
  const LowLatencyAnswer unset = askLowLatency(kFd, driver.ioctls());
  CHECK(unset.state == LowLatency::kRefused && unset.errorNumber == EPERM);
  driver.getError = EIO;
  const LowLatencyAnswer unread = askLowLatency(kFd, driver.ioctls());
  CHECK(unread.state == LowLatency::kRefused && unread.errorNumber == EIO);
  // Without having seen the other settings none is written.
  driver.setError = 0;
  CHECK_EQUAL(endLowLatency(kFd, driver.ioctls()), EIO);
  CHECK_EQUAL(driver.sets, 0);
}

void aDriverWithoutSettingsHasNoFlag() {
  for (const int error : {ENOTTY, EINVAL, EOPNOTSUPP}) {
    Driver unreadable;
    unreadable.getError = error;
    CHECK(askLowLatency(kFd, unreadable.ioctls()).state == LowLatency::kAbsent);
    Driver unsettable;
    unsettable.setError = error;
    CHECK(askLowLatency(kFd, unsettable.ioctls()).state == LowLatency::kAbsent);
  }
}

void aRealPseudoTerminalHasNoFlag() {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0);
  CHECK(askLowLatency(master).state == LowLatency::kAbsent);
  close(master);
  const LowLatencyAnswer closed = askLowLatency(-1);
  CHECK(closed.state == LowLatency::kRefused && closed.errorNumber == EBADF);
}

}  // namespace

int main() {
  theFlagIsSetAndClearedAndNothingElse();
  aFlagThatIsSetIsLeftAlone();
  aDriverThatDoesNotKeepTheFlagIgnoresIt();
  aRefusalSaysWhy();
  aDriverWithoutSettingsHasNoFlag();
  aRealPseudoTerminalHasNoFlag();
  return checks.finish();
}
