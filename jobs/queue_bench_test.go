package jobs

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkQueue measures what the queue itself costs for one workbook: the steps do
// nothing, and one process works on it with 1, 4 and 8 at once.
func BenchmarkQueue(b *testing.B) {
	const books = 1000
	for _, workers := range []int{1, 4, 8} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var submitting, working time.Duration
			for b.Loop() {
				in := tree{}
				for i := range books {
					in[fmt.Sprintf("%d/%04d.xlsx", i%10, i)] = fmt.Sprint("content ", i)
				}
				bench := &queueBench{newBench(b, in), openQueue(b, newDatabase(b)), DefaultWorking()}
				bench.opts.Now, bench.opts.Workers = time.Now, workers
				began := time.Now()
				if sum, err := Submit(context.Background(), bench.q, bench.in, bench.out, bench.opts, func(Outcome) {}); err != nil || sum.Queued != books {
					b.Fatal(sum, err)
				}
				submitting += time.Since(began)
				began = time.Now()
				if n := len(bench.work()); n != books {
					b.Fatal(n)
				}
				working += time.Since(began)
			}
			b.ReportMetric(float64(books*b.N)/submitting.Seconds(), "submitted/s")
			b.ReportMetric(float64(books*b.N)/working.Seconds(), "worked/s")
		})
	}
}
