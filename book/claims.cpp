#include "book/claims.h"
