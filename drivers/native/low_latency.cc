#include "drivers/native/low_latency.h"

#include <sys/ioctl.h>

#include <cerrno>

namespace asicr {
namespace {

// Drivers without these settings, or with none of ours among them, have several ways of saying so.
bool notThere(int errorNumber) { return errorNumber == ENOTTY || errorNumber == EINVAL || errorNumber == EOPNOTSUPP; }

}  // namespace

int serialIoctl(int fd, unsigned long request, serial_struct* settings) { return ioctl(fd, request, settings) == 0 ? 0 : errno; }

LowLatencyAnswer askLowLatency(int fd, const SerialIoctl& ioctls) {
  serial_struct settings{};
  const int unread = ioctls(fd, TIOCGSERIAL, &settings);
  if (notThere(unread)) return {LowLatency::kAbsent, 0};
  if (unread != 0) return {LowLatency::kRefused, unread};
  if ((settings.flags & ASYNC_LOW_LATENCY) != 0) return {LowLatency::kAlready, 0};
  settings.flags |= ASYNC_LOW_LATENCY;
  const int unset = ioctls(fd, TIOCSSERIAL, &settings);
  if (notThere(unset)) return {LowLatency::kAbsent, 0};
  if (unset != 0) return {LowLatency::kRefused, unset};
  serial_struct after{};
  const int unseen = ioctls(fd, TIOCGSERIAL, &after);
  if (unseen != 0) return {LowLatency::kRefused, unseen};
  return {(after.flags & ASYNC_LOW_LATENCY) != 0 ? LowLatency::kGranted : LowLatency::kIgnored, 0};
}

int endLowLatency(int fd, const SerialIoctl& ioctls) {
  serial_struct settings{};
  const int unread = ioctls(fd, TIOCGSERIAL, &settings);
  if (unread != 0) return unread;
  settings.flags &= ~ASYNC_LOW_LATENCY;
  return ioctls(fd, TIOCSSERIAL, &settings);
}

}  // namespace asicr
