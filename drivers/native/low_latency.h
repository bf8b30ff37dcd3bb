// The flag with which a serial driver is asked to hand over what arrives at once (ASYNC_LOW_LATENCY): an FTDI adapter's latency timer
// then runs for 1 ms instead of 16.
#pragma once
#include <linux/serial.h>

#include <functional>

namespace asicr {

enum class LowLatency {
  kAbsent,   // the port knows no such flag, as a pseudo-terminal does not
  kAlready,  // it was set
  kGranted,  // it is now
  kIgnored,  // the driver took the request and did not set it: it has no use for it
  kRefused,  // the system's error says why
};

struct LowLatencyAnswer {
  LowLatency state;
  int errorNumber;  // when refused, else 0
};

// ioctl(fd, request, settings): 0, or an errno.
using SerialIoctl = std::function<int(int, unsigned long, serial_struct*)>;
int serialIoctl(int fd, unsigned long request, serial_struct* settings);

// Sets the flag and reads it back; everything else stays as it is.
LowLatencyAnswer askLowLatency(int fd, const SerialIoctl& ioctls = serialIoctl);

// Clears the flag, and nothing else that was set meanwhile. 0, or an errno.
int endLowLatency(int fd, const SerialIoctl& ioctls = serialIoctl);

}  // namespace asicr
