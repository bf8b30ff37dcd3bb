// The rate a client has set on a terminal, any rate included. Apart from the rest because <asm/termbits.h> and <termios.h> clash.
#pragma once
#include <cstdint>

namespace asicr {

// Bits per second towards the twin; 0 when the descriptor has none. On a master this is the rate of its slave.
uint32_t outputSpeed(int fd);

}  // namespace asicr
