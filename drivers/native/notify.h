// One datagram to the service manager's socket (sd_notify's protocol): Node has no datagram sockets of the Unix family.
#pragma once
#include <cstddef>
#include <string>

namespace asicr {

// `address` as $NOTIFY_SOCKET has it: a path from the root, or an abstract name after "@". 0, or an errno: EINVAL for an address that is neither,
// EAGAIN where who should read does not. Never waits.
int sendDatagram(const std::string& address, const void* bytes, size_t count);

}  // namespace asicr
