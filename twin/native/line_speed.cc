#include "line_speed.h"

#include <asm/termbits.h>
#include <sys/ioctl.h>

namespace asicr {

uint32_t outputSpeed(int fd) {
  termios2 settings{};
  // The kernel fills c_ospeed for the named rates as well as for BOTHER.
  return ioctl(fd, TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}

}  // namespace asicr
