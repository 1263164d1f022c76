package jobs

import "runtime"

// memoryEach is the memory that one workbook under way is given room for: what
// the largest that is read takes, with all analyses, and some to spare.
const memoryEach = 1 << 30

// defaultWorkers is how many workbooks are processed at once where nobody says:
// one for each core, since reading one is work for one core, but no more than
// there is memory for, should all of them be large.
func defaultWorkers() int {
	memory, known := memoryLimit()
	return workersFor(runtime.GOMAXPROCS(0), memory, known)
}

func workersFor(cores int, memory int64, known bool) int {
	if !known {
		return max(1, cores)
	}
	return max(1, min(cores, int(memory/memoryEach)))
}
