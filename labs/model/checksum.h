// The checksum that names a model file in snapshots and claims. No torch.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace tb {

// SHA-256 in hexadecimal. About 1 GB/s where the processor has SHA instructions: 0.1 s for the bundled model.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace tb
